import { defineConfig } from 'vitest/config';

const shared = { exclude: ['node_modules/**', 'bench/**'], testTimeout: 30_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...shared.exclude, 'test/e2e/**', 'test/edge/**', 'test/stores/**', 'test/aws/**'],
        },
      },
      {
        test: {
          ...shared,
          name: 'stores',
          include: ['test/stores/**/*.test.ts'],
          globalSetup: ['test/stores/emulators.ts'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'aws',
          include: ['test/aws/**/*.test.ts'],
          globalSetup: ['test/aws/setup.ts'],
          // One deployment, whose limits some tests set.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      { test: { ...shared, name: 'e2e', include: ['test/{e2e,edge}/**/*.test.ts'], testTimeout: 120_000 } },
    ],
  },
});
