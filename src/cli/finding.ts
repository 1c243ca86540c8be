/** Something that `geocrate doctor` looked at. */
export interface Finding {
  state: 'ok' | 'missing' | 'failed';
  what: string;
  /** For what is not ok: what it takes away, and what to do. */
  advice?: string;
}
