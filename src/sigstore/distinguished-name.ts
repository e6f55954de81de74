import type { ASN1Obj } from "@sigstore/core";

/** X.520 attributes by the last number of their OID 2.5.4.x, in the order in which Go prints a name: last first. */
const named: readonly (readonly [oid: string, name: string])[] = [
  ["2.5.4.5", "SERIALNUMBER"],
  ["2.5.4.3", "CN"],
  ["2.5.4.11", "OU"],
  ["2.5.4.10", "O"],
  ["2.5.4.17", "POSTALCODE"],
  ["2.5.4.9", "STREET"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.6", "C"],
];

/** Attributes of which a name has one value: the last one counts. */
const single = new Set(["2.5.4.5", "2.5.4.3"]);

interface Attribute {
  oid: string;
  value: string;
}

/** A distinguished name in RFC 2253 form, grouped by attribute as Go's `pkix.Name.String` does. */
export function toNameText(name: ASN1Obj): string {
  const attributes = name.subs.flatMap((set) => set.subs.map(toAttribute));
  const parts: string[] = [];
  for (const [oid, label] of named) {
    const all = attributes.filter((attribute) => attribute.oid === oid);
    const values = single.has(oid) ? all.slice(-1) : all;
    if (values.length > 0) parts.push(values.map(({ value }) => `${label}=${escapeValue(value)}`).join("+"));
  }
  const others = attributes.filter(({ oid }) => !named.some(([known]) => known === oid));
  for (const { oid, value } of others.reverse()) parts.push(`${oid}=#${toDerHex(value)}`);
  return parts.join(",");
}

function toAttribute(pair: ASN1Obj): Attribute {
  const [type, value] = pair.subs;
  if (type === undefined || value === undefined) throw new Error("a name attribute without type or value");
  return { oid: type.toOID(), value: value.value.toString("utf8") };
}

function escapeValue(value: string): string {
  const characters = [...value];
  return characters
    .map((character, index) => {
      const edge = index === 0 || index === characters.length - 1;
      const special =
        ',+"\\<>;'.includes(character) || (character === " " && edge) || (character === "#" && index === 0);
      return special ? `\\${character}` : character;
    })
    .join("");
}

/** DER of a string: PrintableString where its characters allow it, UTF8String otherwise. */
function toDerHex(value: string): string {
  const bytes = Buffer.from(value, "utf8");
  const tag = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value) ? 0x13 : 0x0c;
  const length =
    bytes.length < 0x80
      ? [bytes.length]
      : bytes.length < 0x100
        ? [0x81, bytes.length]
        : [0x82, bytes.length >> 8, bytes.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), bytes]).toString("hex");
}
