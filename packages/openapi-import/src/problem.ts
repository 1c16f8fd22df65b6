/** What is wrong with a document, or with one operation of it that is left out. */
export interface OpenApiProblem {
  /** JSON pointer into the document; empty for the whole. */
  readonly pointer: string;
  /** One sentence. */
  readonly message: string;
}

/** Ends the reading of one operation, never of the document. */
export class OperationProblem extends Error {
  override readonly name = "OperationProblem";
  readonly pointer: string;

  constructor(pointer: string, message: string) {
    super(message);
    this.pointer = pointer;
  }
}

/** A pointer one step further down. */
export function below(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
