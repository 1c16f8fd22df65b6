/**
 * Words that say nothing about which tool is meant: articles, pronouns, prepositions, auxiliaries, and the
 * courtesies people wrap requests in. English mostly, with the commonest of nine other languages; written by
 * hand, no list was copied. Matched on the folded word, before stemming.
 */
const SILENT = `
a an the this that these those some any each every all both either neither no not nor none such own same other another
i me my mine myself we us our ours ourselves you your yours yourself he him his himself she her hers herself it its itself
they them their theirs themselves one ones who whom whose which what whatever where when why how
and or but if then else so because as until while although though since unless whether than too also just only very
of at by for with about against between into through during before after above below to from up down in out on off over
under again further once here there away around along across within without upon toward towards onto per via
am is are was were be been being have has had having do does did doing done will would shall should can could may might must
ought isnt arent wasnt werent dont doesnt didnt wont wouldnt cant cannot couldnt shouldnt im ive id ill youre theyre thats whats
lets let s t d m re ve ll etc eg ie vs
please thanks thank hello hi hey dear kindly ok okay yes well really quite actually currently maybe perhaps
want wants wanted wanting need needs needed needing like liked likes would love wish hope help helps helping helped assist assistance
able possible try trying tried going go gonna got get gets getting give gives giving given provide provides provided providing
tell know let make makes making made using use used uses useful
something anything everything someone anyone thing things stuff lot lots many much more most few less least several various
im looking interested wondering curious plan planning now also still already soon ever never always often sometimes
based including included include regarding related relevant specific particular certain additionally furthermore
`;

const FOREIGN = `
el la los las un una unos unas de del al y o en con por para que se su mi tu es son como lo le les mas pero sin sobre este esta
der die das den dem des ein eine einen einem einer und oder mit fur von zu im ist sind ich wir mir mich bitte wie was auf nicht auch
le la les un une des du et ou dans avec pour par que qui ce cette mon ma mes je nous est sont sur pas plus au aux
o os as um uma uns umas do da dos das no na nos nas e em com por para que se meu minha eu nao como mais
il lo gli un uno una di del della dei delle e o in con per che mi io sono come non piu
de het een en of in met voor van op te is ik mij we niet ook naar
и в во не на я с со как а то все она так его но да ты к у же вы за бы по мне из от для это мой меня нам
i w z na do nie sie jest to ze jak dla od po mi
ve bir bu ne icin ile da de mi ben
`;

const MEANS_NOTHING: ReadonlySet<string> = new Set(words(SILENT));
const FOREIGN_SILENT: ReadonlySet<string> = new Set(words(FOREIGN));

/** Whether the folded word is left out of the index and of queries. */
export function isFunctionWord(word: string): boolean {
  return MEANS_NOTHING.has(word);
}

/** Whether the folded word is a function word of another language than English. */
export function isForeignFunctionWord(word: string): boolean {
  return FOREIGN_SILENT.has(word);
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
