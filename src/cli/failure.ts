/** What a command could not do, as a sentence for the person who typed it. */
export class CliError extends Error {
  /** 1 failed, 2 wrong usage. */
  readonly exitCode: 1 | 2;
  constructor(sentence: string, exitCode: 1 | 2 = 1) {
    super(sentence);
    this.exitCode = exitCode;
  }
}
