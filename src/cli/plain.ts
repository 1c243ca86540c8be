/** What a terminal takes for orders, line breaks left out, and what turns the direction of the text after it (Unicode TR 36, section 3.2). */
const ORDERS = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text as a terminal may have it: titles, names and sentences may be those of strangers. */
export function plain(text: string): string {
  return text.replace(ORDERS, '\ufffd');
}
