import type { Profile } from '../store/profile.ts';

/** Fields whose values a map shows beside the name. */
const MORE = 3;

/** The fields that tiles hold, the one that names a feature first: what is called so, else the first text. */
export function tileFields({ fields }: Pick<Profile, 'fields'>): { name: string; index: number }[] {
  const plain = fields.map(({ name, type }, index) => ({ name, type, index })).filter(({ type }) => type !== 'binary' && type !== 'json');
  const naming =
    plain.find(({ name }) => /^(name|title|label)$/i.test(name)) ??
    plain.find(({ name, type }) => type === 'string' && /name|title|label|nom\b|naam/i.test(name)) ??
    plain.find(({ type }) => type === 'string');
  const others = plain.filter((field) => field !== naming).slice(0, MORE);
  return [...(naming ? [naming] : []), ...others].map(({ name, index }) => ({ name, index }));
}
