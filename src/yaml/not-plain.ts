/** A document is not plain. Stays inside of the plain reader. */
export class NotPlain extends Error {}

/** What the plain reader and its builders throw where a document takes a whole reader. */
export const notPlain = new NotPlain("not plain");
