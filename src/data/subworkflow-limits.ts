/** Most workflows inside of each other. */
export const MAX_DEPTH = 16;
/** Most sub-workflows of one workflow; one that two nodes name counts twice. */
export const MAX_SUBWORKFLOWS = 200;
/** What is said of more. */
export const TOO_MANY = `at most ${MAX_SUBWORKFLOWS} sub-workflows, ${MAX_DEPTH} inside of each other, can be run`;
