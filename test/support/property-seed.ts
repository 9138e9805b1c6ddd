import fc from 'fast-check';

// The same cases in every run, so that a change is judged by what it changes; `npm run fuzz` looks for new ones, and
// FC_SEED=N plays others here.
fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 20_261_121) });
