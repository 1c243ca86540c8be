import { test } from 'node:test';
import { sideBySide } from './sidebyside.ts';
import { lastReleased, THIS, versionOf } from './versions.ts';

const revision = process.env.OLDER ?? lastReleased();

test(
  'the version that was released last and this one work side by side',
  {
    skip: revision === null && 'This clone has the tag of none. OLDER=<revision> names one.',
  },
  async (t) => void (await sideBySide(t, versionOf(String(revision)), THIS)),
);
