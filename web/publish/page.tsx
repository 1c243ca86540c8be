import { texts } from '../texts.ts';
import { PageTitle } from '../ui/page.tsx';

export function PublishPage() {
  return <PageTitle title={texts.header.publish} />;
}
