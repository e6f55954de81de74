import type { RegoNumber } from "./number.ts";
import type { RegoObject } from "./object.ts";
import type { RegoSet } from "./set.ts";

/**
 * A Rego value. Strings, booleans and null are JavaScript's. A number is a JavaScript number where that is exact
 * (safe integers, and decimals whose shortest form is the literal), otherwise a `RegoNumber`. Arrays are plain arrays
 * that nobody changes after they were made. Undefined is JavaScript's `undefined`, and is never inside a value.
 */
export type Value = null | boolean | number | RegoNumber | string | readonly Value[] | RegoObject | RegoSet;
