import tseslint from 'typescript-eslint';

/** Folder -> the folders of src it may import, from the import rules in ARCHITECTURE.md. test/architecture.test.ts proves the same on the real graph. */
export default tseslint.config(
  { ignores: ['dist/**', 'coverage/**', 'bench/results/**', 'web/dist/**', 'src/protocol/schema/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './web/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-restricted-globals': ['error', { name: 'event', message: 'pass it in' }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts', 'drivers/**/*.ts'],
    ignores: ['**/*.test.ts', 'src/main.ts', 'src/cli/**', 'src/config/**', 'src/base/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'config/ reads the environment; take it as an argument',
        },
        { object: 'Math', property: 'random', message: 'use base/ids or an injected source' },
        { object: 'Date', property: 'now', message: 'use base/ Clock' },
      ],
    },
  },
  {
    files: ['**/*.test.ts', 'test/**', 'bench/**'],
    rules: {
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    files: ['web/**/*.tsx', 'web/**/*.ts'],
    rules: { 'max-lines-per-function': ['error', { max: 120, skipBlankLines: true, skipComments: true }] },
  },
);
