// Stands in for a built function, so that these tests need no build.
