export const CHECK_FORMATS = ["pretty", "json", "sarif", "github", "junit"] as const;

export type CheckFormat = (typeof CHECK_FORMATS)[number];

export interface RenderOptions {
  readonly format: CheckFormat;
  readonly color: boolean;
  readonly quiet: boolean;
  readonly strict: boolean;
  /** How a file is named in the output. */
  readonly showPath: (file: string) => string;
}
