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

/** How one field counts. */
export interface FieldConstants {
  /** BM25F's field weight. */
  readonly weight: number;
  /** The length, in words, that is neither rewarded nor punished. */
  readonly pivot: number;
  /** How strongly a length other than the pivot tells, from 0 to 1. */
  readonly b: number;
  /** Words beyond this many are not indexed. */
  readonly maxTokens: number;
}

/** Every number of the ranking in one place. The README says where they come from and what each is worth. */
export interface RankingConstants {
  readonly fields: Readonly<Record<Field, FieldConstants>>;
  /** A field longer than this many times its pivot counts as just that long. */
  readonly longest: number;
  /** BM25's saturation of repeated words. */
  readonly k1: number;
  /** Occurrences of one word in one field beyond this many count for nothing: repetition cannot win. */
  readonly maxOccurrences: number;
  /** What a word said again in the query adds, times the logarithm of how often. */
  readonly repeatGain: number;
  /** A pair of neighbouring query words that is one word of the index. */
  readonly joinedWeight: number;
  /** Another word of the same concept, instead of the word itself. */
  readonly conceptWeight: number;
  /** A word of nearly the same spelling, times its similarity, for a word the index does not know. */
  readonly nearWeight: number;
  /** The least similarity (Dice over letter trigrams) that counts as nearly the same spelling. */
  readonly nearSimilarity: number;
  /** How much of the score comes from the best single sentence of a request of several, from 0 to 1. */
  readonly clauseWeight: number;
  /** Gain of an entry whose whole name the query covers, as a share of its own score. */
  readonly nameBonus: number;
  /** Gain of such an entry as a share of the best score that could be had. */
  readonly nameAddition: number;
  /** What an entry gets of the mean of its server's best scores. */
  readonly serverShare: number;
  /** How many scores that mean is over. */
  readonly serverTop: number;
  /** The most that an entry can gain by what was started before, as a share of its own score. */
  readonly learnedGain: number;
  /** How many entries, the best by words alone, are refined by names and servers. */
  readonly window: number;
  /** A request is answered when the best entry's words have this share of its meaning, */
  readonly floorShare: number;
  /** or this share of the geometric mean of its meaning and that of one rare word. */
  readonly floorRoot: number;
  /** or when the best entry says this share of it, however little weight the words have there. */
  readonly floorCoverage: number;
  /** Entries whose words score less than this share of the best entry's are left out. */
  readonly tailShare: number;
}

export const RANKING: RankingConstants = {
  fields: {
    name: { weight: 2.5, pivot: 3, b: 0.6, maxTokens: 24 },
    title: { weight: 1.5, pivot: 3, b: 0.6, maxTokens: 24 },
    server: { weight: 1.5, pivot: 2, b: 0.3, maxTokens: 16 },
    serverTitle: { weight: 1.5, pivot: 2, b: 0.3, maxTokens: 16 },
    description: { weight: 1, pivot: 20, b: 0.7, maxTokens: 400 },
    parameters: { weight: 0.8, pivot: 4, b: 0.5, maxTokens: 80 },
    tags: { weight: 1, pivot: 3, b: 0.5, maxTokens: 32 },
    aliases: { weight: 2, pivot: 3, b: 0.6, maxTokens: 48 },
    examples: { weight: 1, pivot: 12, b: 0.7, maxTokens: 120 },
    states: { weight: 0.7, pivot: 5, b: 0.5, maxTokens: 80 },
    goals: { weight: 0.7, pivot: 15, b: 0.7, maxTokens: 200 },
    guidance: { weight: 0.4, pivot: 40, b: 0.7, maxTokens: 300 },
  },
  longest: 5,
  k1: 1.2,
  maxOccurrences: 3,
  repeatGain: 0.4,
  joinedWeight: 0.8,
  conceptWeight: 0.65,
  nearWeight: 0.6,
  nearSimilarity: 0.55,
  clauseWeight: 0.35,
  nameBonus: 0.6,
  nameAddition: 0.05,
  serverShare: 0.5,
  serverTop: 3,
  learnedGain: 0.2,
  window: 128,
  floorShare: 0.25,
  floorRoot: 0.22,
  floorCoverage: 0.5,
  tailShare: 0.15,
};
