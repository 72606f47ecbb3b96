/**
 * English function words: articles, pronouns, prepositions, conjunctions, auxiliaries and the like, which say little
 * about the subject of a text. `no`, `nor`, `not` and contractions with `not` are not in the list, because they reverse
 * the meaning of a text; add them if that does not matter.
 */
export const ENGLISH_STOP_WORDS: readonly string[] = Object.freeze(
  `
  a an the
  i me my mine myself we us our ours ourselves you your yours yourself yourselves
  he him his himself she her hers herself it its itself they them their theirs themselves one oneself
  this that these those here there such same other others another each every either both all any some
  who whom whose which what whoever whatever whichever when where why how whenever wherever
  about above across after against along among around as at before behind below beneath beside besides between beyond
  by despite down during except for from in inside into like near of off on onto out outside over past per since
  than through throughout till to toward towards under until up upon via with within without
  and but or so yet if because although though unless while whereas whether
  am is are was were be been being have has had having do does did doing done
  can could may might must shall should will would ought
  also again almost already always else ever even further just more most much many now often only own perhaps quite
  rather really several somewhat still then thus too very
  i'm i've i'd i'll you're you've you'd you'll he's he'd he'll she's she'd she'll it's it'd it'll we're we've we'd we'll
  they're they've they'd they'll that's there's here's what's who's where's how's let's
  `
    .trim()
    .split(/\s+/),
);
