import type { CallStatement, Term } from "../ir.ts";
import type { BodyEmitter } from "./body.ts";
import { settlePatterns } from "./settle.ts";
import { emitMatch } from "./unify.ts";
import type { Plan } from "./unit.ts";

const comparisons: Readonly<Record<string, string>> = { lt: "<0", lte: "<=0", gt: ">0", gte: ">=0" };
const inlined = new Set(["plus", "minus", "mul", "count", "internal.member_2"]);

/** Writes a call: its arguments, the call itself, and what is done with its result. */
export function emitCall(emitter: BodyEmitter, written: CallStatement): void {
  const { output } = written;
  const statement = output === undefined ? written : { ...written, output: settlePatterns(emitter, [output])[0] };
  const args = statement.args.map((arg) => emitter.atom(emitter.term(arg)));
  const { callee } = statement;
  const { plan } = emitter.unit;
  if (callee.kind === "rule") {
    const group = plan.tree.findGroup(callee.path);
    if (group === undefined) throw new Error("a call's function is missing");
    const found = args.map((arg, position) => (isMade(statement.args[position], plan) ? `K.same(${arg})` : arg));
    const call =
      group.kind === "function"
        ? `F${group.index}(${[emitter.context, ...found].join(",")})`
        : `R${group.index}(${emitter.context})`;
    finish(
      emitter,
      statement,
      mockable(emitter, `#${group.index}`, call, args),
      plan.pending.has(group) || plan.mocked.has(`#${group.index}`),
    );
    return;
  }
  emitFunction(emitter, statement, callee.name, args);
}

/** Whether an argument is made for the call, where there can be another pass: results are remembered by arguments. */
function isMade(arg: Term | undefined, { pending }: Plan): boolean {
  return (
    pending.size > 0 && arg !== undefined && arg.kind !== "constant" && arg.kind !== "variable" && arg.kind !== "ref"
  );
}

function emitFunction(emitter: BodyEmitter, statement: CallStatement, name: string, args: string[]): void {
  const { unit, context } = emitter;
  const { plan } = unit;
  const known = plan.functions.get(name);
  const at = unit.location(statement.location);
  if (name === "internal.print") {
    emitter.push(`K.print(${context},${at},${args[0]});`);
    return;
  }
  if (known?.relation === true) {
    const items = unit.name("i");
    emitter.openLoop(`for(const ${items} of K.iterate(${context},${unit.constant(name)},${at},[${args.join(",")}]))`);
    useResult(emitter, statement, items);
    return;
  }
  const isMocked = plan.mocked.has(name);
  if (!isMocked && name in comparisons) {
    const test = `(K.compare(${args[0]},${args[1]})${comparisons[name]})`;
    if (statement.output === undefined) emitter.push(`if(!${test})${emitter.fail()}`);
    else emitMatch(emitter, statement.output, emitter.atom(test));
    return;
  }
  if (!isMocked && (name === "equal" || name === "eq" || name === "neq")) {
    const test = `${name === "neq" ? "!" : ""}eq(${args[0]},${args[1]})`;
    if (statement.output === undefined) emitter.push(`if(!(${test}))${emitter.fail()}`);
    else emitMatch(emitter, statement.output, emitter.atom(test));
    return;
  }
  if (known?.kind === "external") unit.externals.add(name);
  let call: string;
  if (name === "internal.template_string") call = `K.template(${at},${args[0]})`;
  else if (known?.kind === "external") call = `K.external(${context},${unit.constant(name)},[${args.join(",")}])`;
  else if (inlined.has(name)) {
    call = `K.${name.replace("internal.", "")}(${[context, unit.builtin(name), at, ...args].join(",")})`;
  } else call = `K.call(${context},${unit.builtin(name)},${at},[${args.join(",")}])`;
  finish(emitter, statement, mockable(emitter, name, call, args), known?.kind === "external" || isMocked);
}

/** The call, or that of what `with` put in the function's place. */
function mockable(emitter: BodyEmitter, key: string, call: string, args: readonly string[]): string {
  const { unit, context } = emitter;
  if (!unit.plan.mocked.has(key)) return call;
  const mock = unit.name("t");
  emitter.push(`const ${mock}=K.mock(${context},${unit.constant(key)});`);
  return `${mock}===undefined?${call}:K.callMock(${context},${mock},[${args.join(",")}])`;
}

function finish(emitter: BodyEmitter, statement: CallStatement, call: string, isPending: boolean): void {
  const result = emitter.unit.name("t");
  emitter.push(`const ${result}=${call};`);
  emitter.require(result, isPending);
  if (statement.nested) emitter.note(statement.location, result);
  useResult(emitter, statement, result);
}

function useResult(emitter: BodyEmitter, statement: CallStatement, result: string): void {
  if (statement.output === undefined) emitter.push(`if(${result}===false)${emitter.fail()}`);
  else emitMatch(emitter, statement.output, result);
}
