import type { Term } from "./ast.ts";
import { ModuleParser } from "./module-parser.ts";
import type { StreamMark } from "./token-stream.ts";

/** Told of the work that reading is: a unit is a token or a comment, or 32 characters. Throws to stop it. */
export type SpendUnits = (units: number) => void;

/** Units between two times that the caller is told. */
const unitsPerReport = 4096;

/** A parser that tells its work as it goes. Tokens that are read another time count another time: a text may be tried in several ways. */
export class SpendingParser extends ModuleParser {
  readonly #spend: SpendUnits;
  #left = unitsPerReport;

  constructor(file: string, text: string, spend: SpendUnits) {
    super(file, text);
    this.#spend = spend;
  }

  protected override scan(): void {
    const from = this.end;
    super.scan();
    this.#count(from);
  }

  protected override scanNarrow(): void {
    const from = this.end;
    super.scanNarrow();
    this.#count(from);
  }

  protected override continueTemplate(raw: boolean): void {
    const from = this.end;
    super.continueTemplate(raw);
    this.#count(from);
  }

  protected override comment(): void {
    super.comment();
    this.#count(this.start);
  }

  protected override rereader(): (at: StreamMark) => Term {
    const { file, text } = this;
    const spend = this.#spend;
    return (at) => {
      const parser = new SpendingParser(file, text, spend);
      parser.goTo(at);
      return parser.parseWritten();
    };
  }

  #count(from: number): void {
    this.#left -= 1 + ((this.end - from) >> 5);
    if (this.#left >= 0) return;
    const units = unitsPerReport - this.#left;
    this.#left = unitsPerReport;
    this.#spend(units);
  }
}
