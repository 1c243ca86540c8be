import { flushCompileCache } from 'node:module';
import { threadGivesWay } from '../priority.ts';

// The thread of maker.ts. It gives way before it loads what it needs, which takes both cores for a while; the threads that it starts do as it does.
threadGivesWay();
await import('./making.ts');
// For the threads that come, and the server's next start, which need not compile all of it again.
flushCompileCache();
