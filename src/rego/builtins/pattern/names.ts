/** Names of scripts and categories as the automata's tables have them (Unicode, UAX #24 and UAX #44). */
const plain = `
Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki
Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee
Chorasmian Common Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan
Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi
Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited
Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi
Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani
Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui
Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari
New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian
Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong
Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian
Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le
Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai
Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square C Cc Cf Cn Co Cs L LC Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl
No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs Any Assigned
`;
const aliases = `
Cased_Letter:LC Close_Punctuation:Pe Combining_Mark:M Connector_Punctuation:Pc Control:Cc Currency_Symbol:Sc
Dash_Punctuation:Pd Decimal_Number:Nd Enclosing_Mark:Me Final_Punctuation:Pf Format:Cf Initial_Punctuation:Pi
Letter:L Letter_Number:Nl Line_Separator:Zl Lowercase_Letter:Ll Mark:M Math_Symbol:Sm Modifier_Letter:Lm
Modifier_Symbol:Sk Nonspacing_Mark:Mn Number:N Open_Punctuation:Ps Other:C Other_Letter:Lo Other_Number:No
Other_Punctuation:Po Other_Symbol:So Paragraph_Separator:Zp Private_Use:Co Punctuation:P Separator:Z
Space_Separator:Zs Spacing_Mark:Mc Surrogate:Cs Symbol:S Titlecase_Letter:Lt Unassigned:Cn Uppercase_Letter:Lu
cntrl:Cc digit:Nd punct:P
`;

const fold = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, "");
const names: ReadonlyMap<string, string> = new Map([
  ...plain
    .trim()
    .split(/\s+/)
    .map((name) => [fold(name), name] as const),
  ...aliases
    .trim()
    .split(/\s+/)
    .map((pair) => pair.split(":") as [string, string])
    .map(([alias, name]) => [fold(alias), name] as const),
]);

/** What an expression has that may need another form: classes by name, and groups with names. */
const named = /\\[pP][{a-z]|\(\?P?</;
/** An escape, a class by name, brackets, or the beginning of a group with a name. */
const piece = /\\Q[\s\S]*?(?:\\E|$)|\\([pP])(?:\{(\^?)([^}]{0,64})\}|([a-z]))|\\[\s\S]|\[\^?\]?|\]|\(\?P?<(\w+)>/g;

/**
 * An expression as the automata's parser takes it: Go knows classes by any spelling of their names and by their long names, and
 * lets groups share a name (its package regexp/syntax, from Go 1.25 on). What is unknown stays as it is.
 */
export function withKnownNames(expression: string): string {
  if (!named.test(expression)) return expression;
  const groups = new Set<string>();
  let isInClass = false;
  return expression.replace(
    piece,
    (whole, kind?: string, negation = "", braced?: string, letter?: string, group?: string) => {
      const name = braced ?? letter;
      if (name !== undefined) return toClass(whole, (kind === "P") !== (negation === "^"), name, isInClass);
      if (group !== undefined && !isInClass) {
        if (groups.has(group)) return "(";
        groups.add(group);
      } else if (whole.startsWith("[")) isInClass = true;
      else if (whole === "]") isInClass = false;
      return whole;
    },
  );
}

function toClass(whole: string, isNegated: boolean, name: string, isInClass: boolean): string {
  if (fold(name) === "ascii") {
    const posix = isNegated ? "[:^ascii:]" : "[:ascii:]";
    return isInClass ? posix : `[${posix}]`;
  }
  const known = names.get(fold(name));
  return known === undefined ? whole : `\\${isNegated ? "P" : "p"}{${known}}`;
}
