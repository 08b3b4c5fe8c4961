import { Session } from 'node:inspector';

interface FunctionCoverage {
  readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
}

/** What is watched: the protocols, and nothing of the tests. */
const WATCHED = /\/dist\/(?:wire|dialogue|pop3|sasl|server|delivery|client)\/(?!.*\.test)[^/]+\.js$/;

/** The branches of our own code that have been gone through, by V8's own count. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  get branches(): number {
    return this.#seen.size;
  }

  /** How many were gone through since the last look that never were before. */
  look(): number {
    const before = this.#seen.size;
    const { result } = this.#post('Profiler.takePreciseCoverage') as {
      readonly result: readonly { readonly url: string; readonly functions: readonly FunctionCoverage[] }[];
    };
    for (const { url, functions } of result) {
      if (!WATCHED.test(url)) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) this.#seen.add(`${url}:${startOffset}-${endOffset}`);
        }
      }
    }
    return this.#seen.size - before;
  }

  close(): void {
    this.#session.disconnect();
  }

  #post(method: string, params?: object): unknown {
    let answer: unknown;
    // Answered before this returns: the session is of this thread.
    this.#session.post(method, params ?? {}, (error: Error | null, result?: unknown) => {
      if (error !== null) throw new Error(`${method}: ${JSON.stringify(error)}`);
      answer = result;
    });
    return answer;
  }
}
