/** Binary digits that the exponent of a number may have: OPA's bound, so that no literal costs more than its text. */
const MAX_BINARY_EXPONENT = 100_000;
const NUMBER = /^-?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** What is wrong with a number's text, in OPA's words; undefined if nothing is. */
export function numberProblem(text: string): string | undefined {
  const match = NUMBER.exec(text);
  if (match === null) return "invalid float";
  const [, whole = "", fraction = "", exponent = "0"] = match;
  const digits = whole + fraction;
  const leading = /[1-9]/.exec(digits);
  if (leading === null) return undefined;
  // The value is 0.d1d2d3... times ten to this power.
  const power = Number(exponent) + whole.length - leading.index;
  return Math.abs(power) * Math.log2(10) > MAX_BINARY_EXPONENT ? "number too big" : undefined;
}

/** `01`, `007`: not allowed; `0`, `0.5` and `0e3` are. */
export function hasLeadingZero(text: string): boolean {
  return /^0(?![.]|[eE].|$)/.test(text);
}
