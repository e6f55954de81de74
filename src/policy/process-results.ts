import type { ResultMetadata, RuleResult } from "../types/index.ts";
import { augmentResult, toMatchable, type WorkingResult } from "./augment-result.ts";
import { categorizeResult } from "./categorize-result.ts";
import type { RawResult } from "./collect-results.ts";
import { type CriteriaTarget, entriesFor, entriesToMatch, type ResolvedCriteria } from "./criteria.ts";
import { matchersOf, scoreMatches } from "./criteria-score.ts";
import { PolicyError } from "./errors.ts";
import { addExcludeHint } from "./exclude-hint.ts";
import type { RuleInfo } from "./rule-info.ts";
import type { Selection } from "./selection.ts";

/** What the rules of one package gave. */
export interface PackageResults {
  /** Without `data`. */
  package: string;
  results: readonly RawResult[];
}

export interface ProcessOptions {
  infos: readonly RuleInfo[];
  criteria: ResolvedCriteria;
  target: CriteriaTarget;
  timeNs: bigint;
  /** Given for `ec-policy`: results are kept by their rule, as it was selected before the evaluation. */
  selection?: Selection;
  /** Names the group in messages. */
  groupName: string;
}

export interface GroupOutcome {
  violations: readonly RuleResult[];
  warnings: readonly RuleResult[];
  successes: readonly RuleResult[];
  excluded: readonly RuleResult[];
  notes: readonly string[];
}

type Verdict = "kept" | "excluded" | "not-included";

function toRuleResult({ msg, metadata }: Pick<WorkingResult, "msg" | "metadata">): RuleResult {
  return Object.keys(metadata).length === 0 ? { msg } : { msg, metadata };
}

/** The results of one source group on their way to the report (the order of the steps is Conforma's). */
class GroupProcessor {
  readonly #options: ProcessOptions;
  readonly #infos: ReadonlyMap<string, RuleInfo>;
  readonly #include: readonly string[];
  readonly #exclude: readonly string[];
  readonly #missing: Set<string>;
  readonly #notes: Set<string>;
  readonly #failures: WorkingResult[] = [];
  readonly #warnings: WorkingResult[] = [];
  readonly #successes: WorkingResult[] = [];
  readonly #excluded: WorkingResult[] = [];
  /** Rules that would have been successes, had not all their results been excluded. */
  #silenced = 0;

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.#infos = new Map(options.infos.map((info) => [info.code, info]));
    this.#include = entriesFor(options.criteria.include, options.target);
    this.#exclude = entriesFor(options.criteria.exclude, options.target);
    this.#missing = entriesToMatch(options.criteria.include);
    this.#notes = new Set(options.criteria.notes);
  }

  /** Include/exclude; results without a code are always kept. What a kept result matches is no missing include. */
  #judge(result: WorkingResult): Verdict {
    const matchers = matchersOf(toMatchable(result));
    const verdict = result.code === "" ? "kept" : this.#compare(result, matchers);
    if (verdict === "kept" && this.#options.selection === undefined) {
      for (const matcher of matchers) {
        this.#missing.delete(matcher);
      }
    }
    return verdict;
  }

  #compare(result: WorkingResult, matchers: readonly string[]): Verdict {
    const excluded = scoreMatches(matchers, this.#exclude);
    const { selection } = this.#options;
    if (selection !== undefined) {
      return selection.includedRules.has(result.code) ? "kept" : excluded > 0 ? "excluded" : "not-included";
    }
    const included = scoreMatches(matchers, this.#include, (entry) => this.#missing.delete(entry));
    return included > excluded ? "kept" : excluded > 0 ? "excluded" : "not-included";
  }

  addPackage({ package: packageName, results }: PackageResults): void {
    const { timeNs, selection } = this.#options;
    const reportedCodes = new Set<string>();
    const excludedCodes = new Set<string>();
    for (const raw of results) {
      const result = augmentResult(raw, this.#infos, timeNs, this.#notes);
      const verdict = this.#judge(result);
      if (verdict === "kept") {
        const categorized = categorizeResult(result, timeNs, this.#notes);
        (categorized.kind === "failure" ? this.#failures : this.#warnings).push(categorized);
        reportedCodes.add(result.code);
      } else if (verdict === "excluded") {
        this.#excluded.push(result);
        excludedCodes.add(result.code);
      }
    }
    this.#addSuccesses(packageName, reportedCodes, excludedCodes);
    if (selection !== undefined) {
      for (const entry of this.#missing) {
        if (!selection.unmatched.has(entry)) {
          this.#missing.delete(entry);
        }
      }
    }
  }

  #addSuccesses(packageName: string, reported: ReadonlySet<string>, excluded: ReadonlySet<string>): void {
    for (const info of this.#infos.values()) {
      if (info.package !== packageName || reported.has(info.code)) {
        continue;
      }
      const success = toSuccess(info);
      if (this.#judge(success) !== "kept") {
        continue;
      }
      if (excluded.has(info.code)) {
        this.#silenced += 1;
      } else {
        this.#successes.push(info.effectiveOn === "" ? success : withDate(success, info.effectiveOn));
      }
    }
  }

  finish(): GroupOutcome {
    this.#assertSomething();
    const reported = new Set([...this.#failures, ...this.#warnings].map(({ code }) => code));
    const keep = ({ dependsOn }: WorkingResult) => !dependsOn.some((code) => reported.has(code));
    const missing = [...this.#missing].map((entry) => ({
      msg: `Include criterion '${entry}' doesn't match any policy rule`,
    }));
    const failures = this.#failures
      .filter(keep)
      .map(({ msg, metadata }) => ({ msg, metadata: addExcludeHint(metadata) }));
    return {
      violations: failures.map(toRuleResult),
      warnings: [...this.#warnings.filter(keep).map(toRuleResult), ...missing],
      successes: this.#successes.filter(keep).map(toRuleResult),
      excluded: this.#excluded.map(toRuleResult),
      notes: [...this.#notes],
    };
  }

  #assertSomething(): void {
    const total = this.#failures.length + this.#warnings.length + this.#successes.length + this.#silenced;
    if (total === 0) {
      throw new PolicyError(
        `no successes, warnings, or failures, check input: ${this.#options.groupName} evaluated no rule that is included`,
        { code: "no-results", subject: this.#options.groupName },
      );
    }
  }
}

function withDate(success: WorkingResult, effectiveOn: string): WorkingResult {
  return { ...success, metadata: { ...success.metadata, effective_on: effectiveOn } };
}

function toSuccess(info: RuleInfo): WorkingResult {
  const metadata: ResultMetadata = {
    code: info.code,
    ...(info.title === "" ? {} : { title: info.title }),
    ...(info.description === "" ? {} : { description: info.description }),
    ...(info.collections.length === 0 ? {} : { collections: info.collections }),
    ...(info.dependsOn.length === 0 ? {} : { depends_on: info.dependsOn }),
  };
  return { kind: "warning", msg: "Pass", metadata, code: info.code, dependsOn: info.dependsOn };
}

/**
 * Turns what the rules of a group gave into the report's results: annotations, include and exclude, kind, successes,
 * missing includes, dependencies, hints.
 *
 * @throws {PolicyError} `no-results` where nothing was evaluated that is included
 */
export function processResults(packages: readonly PackageResults[], options: ProcessOptions): GroupOutcome {
  const processor = new GroupProcessor(options);
  for (const results of packages) {
    processor.addPackage(results);
  }
  return processor.finish();
}
