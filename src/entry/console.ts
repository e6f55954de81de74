/** The two streams of a program that runs in a terminal or in a pipe. */
export interface Console {
  writeOut(text: string): void;
  writeError(text: string): void;
  outHasColors: boolean;
  errorIsTerminal: boolean;
}

/** This process' own streams. */
export const processConsole: Console = {
  writeOut: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  outHasColors: process.stdout.isTTY === true && process.stdout.hasColors(),
  errorIsTerminal: process.stderr.isTTY === true,
};
