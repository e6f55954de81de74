/** The entries that are there. */
export type Present<Slice> = { [Key in keyof Slice]?: Exclude<Slice[Key], undefined> };

/** The same record without the entries that are undefined. */
export function present<Slice extends Record<string, string | undefined>>(slice: Slice): Present<Slice> {
  return Object.fromEntries(Object.entries(slice).filter(([, value]) => value !== undefined)) as Present<Slice>;
}
