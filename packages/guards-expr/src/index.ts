export { FUNCTION_ARITY } from "./ast.ts";
export type {
  ArithmeticOperator,
  BinaryNode,
  BinaryOperator,
  CallNode,
  ComparisonOperator,
  ExprNode,
  FunctionName,
  ListNode,
  LiteralNode,
  LogicalOperator,
  PathNode,
  Span,
  UnaryNode,
  UnaryOperator,
} from "./ast.ts";
export { checkExpr } from "./check-expr.ts";
export type { ExprFinding, ExprFindingCode } from "./check-expr.ts";
export { compileExpr } from "./compile-expr.ts";
export type { CompiledExpr, Evaluation, Truth } from "./compile-expr.ts";
export { compileGuard } from "./compile-guard.ts";
export type { CompiledGuard } from "./compile-guard.ts";
export { compileTemplate } from "./compile-template.ts";
export type { CompiledTemplate } from "./compile-template.ts";
export { describeGuard } from "./describe-guard.ts";
export { formatExprError } from "./expr-error.ts";
export type { ExprError, ExprErrorCode } from "./expr-error.ts";
export { grants } from "./grants.ts";
export type { GuardError } from "./guard-error.ts";
export type { GuardResult, Verdict } from "./guard-result.ts";
export type { GuardScope } from "./guard-scope.ts";
export type { CheckEnvironment } from "./infer.ts";
export { DEFAULT_EXPR_LIMITS } from "./limits.ts";
export type { ExprLimits } from "./limits.ts";
export { mayPass } from "./may-pass.ts";
export { modernizeExpr } from "./modernize.ts";
export type { ModernizeChange, ModernizeCode } from "./modernize.ts";
export { compilePathTemplate } from "./path-template.ts";
export type { CompiledPathTemplate } from "./path-template.ts";
export { guardRates } from "./rates.ts";
export type { GuardRate } from "./rates.ts";
export { renderGuardResult } from "./render-guard-result.ts";
export type { Read } from "./run.ts";
export type { Scope, ScopeRoot, WorkflowScope } from "./scope.ts";
export { childrenOf, walkExpr } from "./walk.ts";
export type { TemplateError, Unresolved } from "./template-error.ts";
