/** Decimal digits and where the point stands: `0.digits * 10^point`. No digits stand for zero. */
interface Digits {
  readonly digits: string;
  readonly point: number;
}

/** The shortest digits that read back as the same double. */
function toShortest(value: number): Digits {
  if (value === 0) return { digits: "0", point: 1 };
  const [mantissa = "0", exponent = "0"] = value.toExponential().split("e");
  return { digits: mantissa.replace(".", ""), point: Number(exponent) + 1 };
}

const view = new DataView(new ArrayBuffer(8));

/** A positive double as `mantissa * 2^exponent`. */
function toBinary(value: number): { mantissa: bigint; exponent: number } {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  return { mantissa: biased === 0 ? fraction : fraction | (1n << 52n), exponent: Math.max(biased, 1) - 1075 };
}

/** All digits of the double's exact value. */
function toExact(value: number): Digits {
  if (value === 0) return { digits: "0", point: 1 };
  const { mantissa, exponent } = toBinary(value);
  if (exponent >= 0) {
    const whole = (mantissa << BigInt(exponent)).toString();
    return { digits: whole, point: whole.length };
  }
  const scaled = (mantissa * 5n ** BigInt(-exponent)).toString();
  return { digits: scaled, point: scaled.length + exponent };
}

/** Keeps `count` digits; a half goes to the even digit. */
function roundTo({ digits, point }: Digits, count: number): Digits {
  if (count < 0) return { digits: "", point };
  const kept = digits.slice(0, count).padEnd(count, "0");
  const rest = digits.slice(count);
  const isHalf = /^50*$/.test(rest);
  const isOdd = "13579".includes(kept[kept.length - 1] ?? "0");
  const isUp = isHalf ? isOdd : rest >= "5";
  if (!isUp) return { digits: kept, point };
  const raised = (BigInt(`0${kept}`) + 1n).toString().padStart(count, "0");
  return { digits: raised, point: point + raised.length - count };
}

function writeExponent({ digits, point }: Digits, marker: string): string {
  const power = /^0*$/.test(digits) ? 0 : point - 1;
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  return `${digits.slice(0, 1)}${fraction}${marker}${signed(power)}`;
}

function writePlain({ digits, point }: Digits): string {
  if (point <= 0) return digits === "" ? "0" : `0.${"0".repeat(-point)}${digits}`;
  if (digits.length <= point) return digits + "0".repeat(point - digits.length);
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

function formatFixed(value: number, precision: number): string {
  const exact = toExact(value);
  const rounded = roundTo(exact, exact.point + precision);
  const digits = rounded.digits.padStart(precision + 1, "0");
  const whole = digits.slice(0, digits.length - precision);
  return precision === 0 ? whole : `${whole}.${digits.slice(whole.length)}`;
}

function formatScientific(value: number, precision: number, marker: string): string {
  const rounded = roundTo(toExact(value), precision + 1);
  return writeExponent({ ...rounded, digits: rounded.digits.slice(0, precision + 1) }, marker);
}

/** Go's %g: an exponent where it is below -4 or beyond the precision; shortest digits without a precision. */
function formatGeneral(value: number, precision: number | undefined, marker: string, keepZeros: boolean): string {
  const isShortest = precision === undefined;
  const count = isShortest ? 6 : Math.max(1, precision);
  let shown = toShortest(value);
  if (!isShortest) {
    const rounded = roundTo(toExact(value), count);
    shown = { ...rounded, digits: rounded.digits.slice(0, count).replace(/(?<=.)0+$/, "") };
  }
  let limit = count;
  if (!isShortest && limit > shown.digits.length && shown.digits.length >= shown.point) limit = shown.digits.length;
  const power = shown.point - 1;
  if (keepZeros) shown = { ...shown, digits: shown.digits.padEnd(count, "0") };
  return power < -4 || power >= limit ? writeExponent(shown, marker) : writePlain(shown);
}

/** Go's %x: `0x1.8p+01`, with the digits that it takes, or with so many, where a half goes to the even digit. */
function formatHexadecimal(value: number, precision: number | undefined): string {
  let { mantissa, exponent } = value === 0 ? { mantissa: 0n, exponent: -52 } : toBinary(value);
  while (mantissa !== 0n && mantissa < 1n << 52n) {
    mantissa <<= 1n;
    exponent -= 1;
  }
  const kept = Math.min(precision ?? 13, 13);
  const cut = BigInt(52 - 4 * kept);
  const rest = BigInt.asUintN(Number(cut), mantissa);
  const half = (1n << cut) >> 1n;
  mantissa >>= cut;
  if (rest > half || (rest === half && half > 0n && mantissa % 2n === 1n)) mantissa += 1n;
  const unit = 1n << BigInt(4 * kept);
  if (mantissa >= 2n * unit) {
    mantissa >>= 1n;
    exponent += 1;
  }
  const digits = kept === 0 ? "" : (mantissa % unit).toString(16).padStart(kept, "0");
  const fraction = precision === undefined ? digits.replace(/0+$/, "") : digits.padEnd(precision, "0");
  return `0x${mantissa / unit}${fraction === "" ? "" : `.${fraction}`}p${signed(exponent + 52)}`;
}

function signed(power: number): string {
  return `${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** Go's %b: the mantissa and the power of two. */
function formatBinary(value: number): string {
  const { mantissa, exponent } = toBinary(value);
  return `${mantissa}p${exponent < 0 ? "" : "+"}${exponent}`;
}

/** A finite double as Go's fmt prints it with the verbs b, e, E, f, F, g, G, v, x and X; undefined for other verbs. */
export function formatFloat(
  value: number,
  verb: string,
  precision: number | undefined,
  keepZeros: boolean,
): string | undefined {
  const sign = value < 0 ? "-" : "";
  const magnitude = Math.abs(value);
  switch (verb) {
    case "e":
    case "E":
      return sign + formatScientific(magnitude, precision ?? 6, verb);
    case "f":
    case "F":
      return sign + formatFixed(magnitude, precision ?? 6);
    case "v":
      return sign + formatGeneral(magnitude, precision, "e", false);
    case "g":
      return sign + formatGeneral(magnitude, precision, "e", keepZeros);
    case "G":
      return sign + formatGeneral(magnitude, precision, "E", keepZeros);
    case "b":
      return sign + formatBinary(magnitude);
    case "x":
      return sign + formatHexadecimal(magnitude, precision);
    case "X":
      return sign + formatHexadecimal(magnitude, precision).toUpperCase();
    default:
      return undefined;
  }
}
