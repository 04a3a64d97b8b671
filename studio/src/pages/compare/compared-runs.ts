/** At most so many runs side by side: as many colours as can be told apart. */
export const mostCompared = 6;
