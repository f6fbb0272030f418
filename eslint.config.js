// Lint rules for the browser's side: the strict type-checked set of typescript-eslint.
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { files: ["js/**/*.ts"], extends: [tseslint.configs.strictTypeChecked] },
  {
    files: ["js/**/*.ts"],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      eqeqeq: "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
    },
  },
  {
    files: ["js/test/**/*.ts"],
    // node:test returns promises that the runner itself awaits.
    rules: { "@typescript-eslint/no-floating-promises": "off" },
  },
);
