#ifndef R3_STORE_SCHEMA_H
#define R3_STORE_SCHEMA_H

#include "lib/base/buffer.h"
#include "lib/store/driver.h"

/* The tables, as steps from one version to the next: steps[0] makes version 1 out of nothing. */
struct r3_schema {
    const char *const *steps;
    int64_t version; /* the newest: so many steps */
};

/* The one of this program, from lib/store/schema/. */
extern const struct r3_schema r3_schema;

/* Append what a step is in the words of a database. Statements end with ";\n". */
int r3_schema_spell(struct r3_buffer *out, const char *step, const struct r3_store_driver *driver,
                    struct r3_error *error);

/* Inside `work`: the version that the database has; 0: no tables. */
int r3_schema_version(struct r3_store *store, int64_t *version, struct r3_error *error);

/* Inside `work` of r3_store_change_schema: go from the version that is there to `version`. A newer one is R3_CONFIG. */
int r3_schema_advance(struct r3_store *store, const struct r3_schema *schema, int64_t version, struct r3_error *error);

/* r3_store_upgrade with other steps. */
int r3_schema_upgrade(struct r3_store *store, const struct r3_schema *schema, struct r3_error *error);

#endif
