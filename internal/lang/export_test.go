package lang

// Catalogue is the Chinese format of each English one.
var Catalogue = chinese
