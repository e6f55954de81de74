import { type CriteriaTarget, entriesFor, type ResolvedCriteria } from "./criteria.ts";
import { type Matchable, matchersOf, scoreMatches } from "./criteria-score.ts";
import type { PackageIndex, SelectableRule } from "./rule-index.ts";

/** Which packages are evaluated, and (for `ec-policy`) which rules' results are kept. */
export interface Selection {
  packages: readonly PackageIndex[];
  /** Codes of rules that are included by what is known before evaluation. */
  includedRules: ReadonlySet<string>;
  /** Included entries that no rule matches. */
  unmatched: ReadonlySet<string>;
}

/** `ec-policy`: rules count only where their `pipeline_intention` meets the group's. */
export interface IntentionFilter {
  intentions: readonly string[];
}

function hasIntention(rule: SelectableRule, { intentions }: IntentionFilter): boolean {
  return intentions.length === 0
    ? rule.pipelineIntention.length === 0
    : rule.pipelineIntention.some((intention) => intentions.includes(intention));
}

function toMatchable(rule: SelectableRule): Matchable {
  return { code: rule.code, terms: [], collections: rule.collections };
}

/**
 * Chooses the packages that have at least one included rule, before anything is evaluated; all packages where none has.
 * What is scoped to components does not count here.
 */
export function selectPackages(
  packages: readonly PackageIndex[],
  criteria: ResolvedCriteria,
  target: Pick<CriteriaTarget, "imageRef">,
  filter: IntentionFilter | undefined,
): Selection {
  const scope = { imageRef: target.imageRef, componentName: "" };
  const include = entriesFor(criteria.include, scope);
  const exclude = entriesFor(criteria.exclude, scope);
  const unmatched = new Set(include);
  const isIncluded = (rule: SelectableRule): boolean => {
    if (filter !== undefined && !hasIntention(rule, filter)) {
      return false;
    }
    const matchers = matchersOf(toMatchable(rule));
    const included = scoreMatches(matchers, include, (entry) => unmatched.delete(entry));
    const excluded = scoreMatches(matchers, exclude);
    return included > excluded || (excluded === 0 && include.length === 0);
  };
  const includedRules = new Set<string>();
  const chosen = packages.filter((candidate) => {
    const rules = candidate.rules.filter(isIncluded);
    for (const { code } of rules) {
      includedRules.add(code);
    }
    return rules.length > 0;
  });
  return { packages: chosen.length > 0 ? chosen : packages, includedRules, unmatched };
}
