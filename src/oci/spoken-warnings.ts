/** Most characters of warnings in one answer (distribution-spec, "Warnings"). */
const maxLength = 4096;
/** Most of one registry that are passed on. */
const maxWarnings = 20;
const warning = /(?:^|,)\s*299\s+-\s+"((?:[^"\\]|\\.)*)"(?=\s*(?:,|$))/g;

/**
 * Passes on what a registry wants its users to read (distribution-spec, "Warnings": `Warning: 299 - "text"`), each text
 * once. It is told and nothing else: nothing is decided by it.
 */
export function createWarningReader(onWarning: (text: string) => void): (values: readonly string[]) => void {
  const told = new Set<string>();
  return (values) => {
    const header = values.join(", ");
    if (header.length > maxLength) return;
    for (const [, quoted = ""] of header.matchAll(warning)) {
      const text = quoted
        .replace(/\\(.)/g, "$1")
        .replace(/[\p{C}\s]+/gu, " ")
        .trim();
      if (text === "" || told.has(text) || told.size === maxWarnings) continue;
      told.add(text);
      onWarning(text);
    }
  };
}
