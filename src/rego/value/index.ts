export {
  absoluteNumber,
  addAllNumbers,
  addNumbers,
  ceilNumber,
  divideNumbers,
  floorNumber,
  multiplyAllNumbers,
  multiplyNumbers,
  remainderNumbers,
  roundNumber,
  subtractNumbers,
  toRoundedInteger,
} from "./arithmetic.ts";
export { compareStrings, compareValues, equalValues, isList, sortValues, type TypeName, typeName } from "./compare.ts";
export { assertDepth, assertTextLength, maxDepth, maxTextLength } from "./depth.ts";
export { formatValue, quoteString } from "./format.ts";
export { fromJson, type JsonTextOptions, toJson, toJsonText } from "./json.ts";
export { parseJson } from "./json-reader.ts";
export { assertJsonSize } from "./json-size.ts";
export { canonicalKey, isPrimitive, type Primitive } from "./key.ts";
export { type MeterCheck, reserve, spend, withMeter } from "./meter.ts";
export {
  compareNumbers,
  type Decimal,
  formatNumber,
  isIntegerNumber,
  numberFromBigInt,
  numberFromDouble,
  numberFromText,
  RegoNumber,
  toBigInt,
  toDecimal,
  toDouble,
} from "./number.ts";
export { ObjectBuilder, RegoObject } from "./object.ts";
export { RegoSet, SetBuilder } from "./set.ts";
export type { Value } from "./value.ts";
