export { recordPolicyDecisions, type PolicyDecisionOptions } from './record-policy-decisions.ts'
