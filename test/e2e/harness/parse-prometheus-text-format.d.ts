declare module "parse-prometheus-text-format" {
  /** Throws where the text is not the exposition format. */
  export default function parse(
    text: string,
  ): readonly { readonly name: string; readonly help: string; readonly type: string }[];
}
