import * as z from 'zod';

// The page is served with `default-src 'self'`: no code may be compiled at run time. Schemas look at this when they are made, so this
// module has to be the first that is imported.
z.config({ jitless: true });
