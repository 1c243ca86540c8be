/** What words are looked for in: title, description and tags in lower case, and without accents where they have some, so that both are found. */
export function searchText(title: string, description: string, tags: readonly string[]): string {
  const text = [title, description, ...tags].join('\n').toLowerCase();
  const folded = text.normalize('NFD').replace(/\p{M}/gu, '');
  return folded === text.normalize('NFD') ? text : `${text}\n${folded}`;
}
