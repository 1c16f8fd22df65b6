/** The searchable fields of an entry. */
export type Field =
  | "name"
  | "title"
  | "server"
  | "serverTitle"
  | "description"
  | "parameters"
  | "tags"
  | "aliases"
  | "examples"
  | "states"
  | "goals"
  | "guidance";

/** How one field counts: its weight, its usual length in tokens, how strongly length tells, and its bounds. */
export interface FieldConstants {
  readonly weight: number;
  readonly pivot: number;
  readonly b: number;
  /** Tokens beyond this many are not indexed. */
  readonly maxTokens: number;
}

/** Every number of the ranking in one place; see the README for where each comes from. */
export interface RankingConstants {
  readonly fields: Readonly<Record<Field, FieldConstants>>;
  /** BM25's saturation. */
  readonly k1: number;
  /** Occurrences of one word in one field beyond this many count for nothing: repetition cannot win. */
  readonly maxOccurrences: number;
  readonly joinedWeight: number;
  readonly conceptWeight: number;
  readonly relatedWeight: number;
  readonly nearWeight: number;
  readonly nearSimilarity: number;
  readonly nameBonus: number;
  readonly serverShare: number;
  readonly serverTop: number;
  readonly window: number;
  readonly floor: number;
  readonly clauseWeight: number;
  readonly repeatGain: number;
  readonly variety: number;
}

export const RANKING: RankingConstants = {
  fields: {
    name: { weight: 3, pivot: 3, b: 0.4, maxTokens: 24 },
    title: { weight: 1.5, pivot: 3, b: 0.4, maxTokens: 24 },
    server: { weight: 1, pivot: 2, b: 0.3, maxTokens: 16 },
    serverTitle: { weight: 1, pivot: 2, b: 0.3, maxTokens: 16 },
    description: { weight: 1, pivot: 20, b: 0.6, maxTokens: 400 },
    parameters: { weight: 0.5, pivot: 4, b: 0.5, maxTokens: 80 },
    tags: { weight: 1, pivot: 3, b: 0.4, maxTokens: 32 },
    aliases: { weight: 2, pivot: 3, b: 0.5, maxTokens: 48 },
    examples: { weight: 1, pivot: 12, b: 0.6, maxTokens: 120 },
    states: { weight: 0.7, pivot: 5, b: 0.5, maxTokens: 80 },
    goals: { weight: 0.7, pivot: 15, b: 0.6, maxTokens: 200 },
    guidance: { weight: 0.4, pivot: 40, b: 0.6, maxTokens: 300 },
  },
  k1: 1.2,
  maxOccurrences: 3,
  joinedWeight: 0.8,
  conceptWeight: 0.5,
  relatedWeight: 0.25,
  nearWeight: 0.6,
  nearSimilarity: 0.55,
  nameBonus: 0.3,
  serverShare: 0.2,
  serverTop: 3,
  window: 256,
  floor: 0.08,
  clauseWeight: 0,
  repeatGain: 0.2,
  variety: 0,
};
