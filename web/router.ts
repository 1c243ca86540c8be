/** What the address names. */
export type Route =
  | { page: 'catalogue' }
  | { page: 'item'; type: 'layer' | 'table'; id: number }
  | { page: 'export' }
  | { page: 'exports' }
  | { page: 'one-export'; id: number }
  | { page: 'publish' }
  | { page: 'sign-in' }
  | { page: 'unknown' };

/** The route of a path; addresses with and without their last slash are the same. */
export function routeOf(path: string): Route {
  const [first, second, ...rest] = path.split('/').filter(Boolean);
  if (rest.length > 0) return { page: 'unknown' };
  const id = second !== undefined && /^\d{1,9}$/.test(second) ? Number(second) : null;
  switch (first) {
    case undefined:
      return { page: 'catalogue' };
    case 'layers':
    case 'tables':
      return id === null ? { page: 'unknown' } : { page: 'item', type: first === 'layers' ? 'layer' : 'table', id };
    case 'export':
      return second === undefined ? { page: 'export' } : { page: 'unknown' };
    case 'exports':
      if (second === undefined) return { page: 'exports' };
      return id === null ? { page: 'unknown' } : { page: 'one-export', id };
    case 'publish':
    case 'sign-in':
      return second === undefined ? { page: first } : { page: 'unknown' };
    default:
      return { page: 'unknown' };
  }
}
