// Triggers seal_protect: what they declare of a column.
#pragma once
#include "keyring/keyring_sql.hpp"
#include "pg/trigger.hpp"
#include "seal/sealed.hpp"

namespace cd::seal {

// Arguments of the trigger; nullptr where one is not given or empty. They lie in the relation's cached description.
struct Protected {
    const char *field, *column, *row_key, *blind_index;
};
// Throws 39P01 if there are too few or too many.
Protected protected_by(const Trigger &);
bool is_protection(const Trigger &);

// Of deterministic values of a field, as they are now: what the transaction holds on to may be older.
struct Versions {
    keyring::Version pinned, previous; // previous is 0 unless the field is rotated
};
Versions versions_now(const char *field);

// The number of a column. Throws 42703 if there is none.
AttrNumber column_number(Relation, const char *name);
// The same, of a column that a trigger sees as it will be stored. Throws 42P10 if it is a generated one.
AttrNumber stored_column(Relation, const char *name);
// How a column holds sealed values. Throws 42804 if it cannot.
enum class Holds { sealed, text };
Holds holds(Relation, AttrNumber column);

} // namespace cd::seal
