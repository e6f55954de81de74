import { childTerms, comprehensionBody, type Term as SyntaxTerm } from "../../syntax/index.ts";
import { Problems } from "../problems.ts";
import { type Global, Scope, type ScopeServices } from "./scope.ts";
import { lowerTerm } from "./terms.ts";

/**
 * OPA resolves the names of comprehensions in heads first, when nothing of the body and of the parameters is known: there a name
 * must not be used before the comprehension declares it, also where the body or a parameter has it.
 */
export function checkHeadComprehensions(
  terms: readonly (SyntaxTerm | undefined)[],
  globals: ReadonlyMap<string, Global>,
  services: ScopeServices,
): void {
  for (const term of terms) {
    // The terms of a long literal are not made only to find no comprehension among them.
    if (term === undefined || ((term.kind === "array" || term.kind === "object") && term.json !== undefined)) continue;
    if (comprehensionBody(term) === undefined) checkHeadComprehensions(childTerms(term), globals, services);
    else checkAlone(term, globals, services);
  }
}

function checkAlone(term: SyntaxTerm, globals: ReadonlyMap<string, Global>, services: ScopeServices): void {
  const problems = new Problems();
  lowerTerm(new Scope(globals, { ...services, problems }), term, []);
  for (const { code, location, message } of problems.errors) {
    if (message.endsWith("referenced above")) services.problems.add(code, location, message);
  }
}
