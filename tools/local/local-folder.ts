import { join } from 'node:path';

/** What `npm start`, `npm run send` and `npm run story` share, unless they are given a `--folder`; git ignores it. */
export const LOCAL_FOLDER = join(import.meta.dirname, '..', '..', '.local');
