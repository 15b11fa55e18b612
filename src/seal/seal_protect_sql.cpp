// The trigger that lets nothing but sealed values into a column. It needs no key, so that a dump can be restored where
// there is none; only while the field is rotated, a unique column needs the keys of both versions.
#include "seal/seal_protect_sql.hpp"
#include "pg/user_query.hpp"
#include "seal/seal_sql.hpp"
extern "C" {
#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "storage/lock.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace cd::seal {
namespace {

std::string name_of(Relation relation) { return RelationGetRelationName(relation); }

// What the trigger knows of its column for the time of a statement. Plain data, in the memory of the call.
struct Column {
    AttrNumber number, row_key; // row_key is 0 where none is declared
    Holds holds;
    // From the first sealed value on: rotations wait for whoever has looked up the field.
    bool field_known;
    FieldTag tag;
    Versions versions; // read only where the column is unique
    bool waited;       // for transactions that know nothing of the rotation
};

Column describe(Relation relation, const Protected &declared) {
    Column column{};
    column.number = stored_column(relation, declared.column);
    column.holds = holds(relation, column.number);
    if (declared.row_key) column.row_key = stored_column(relation, declared.row_key);
    if (declared.blind_index) column_number(relation, declared.blind_index);
    return column;
}

void look_up_field(Relation relation, const Protected &declared, Column &column) {
    if (column.field_known) return;
    const keyring::Field &field = keyring::field(declared.field);
    column.tag = field_tag(field.bound_tenant, field.bound_name);
    if (!column.row_key && pg::is_unique(relation, column.number)) column.versions = versions_now(declared.field);
    column.field_known = true;
}

Column &column_of(FunctionCallInfo fcinfo, Relation relation, const Protected &declared) {
    auto *known = static_cast<Column *>(fcinfo->flinfo->fn_extra);
    if (known) return *known;
    const Column column = describe(relation, declared);
    known =
        pg::call([&] { return static_cast<Column *>(MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(Column))); });
    *known = column;
    fcinfo->flinfo->fn_extra = known;
    return *known;
}

[[noreturn]] void refuse(Relation relation, const Protected &declared, const char *seen) {
    throw Error(sqlstate::wrong_field,
                std::string("column \"") + declared.column + "\" of \"" + name_of(relation) +
                    "\" takes only values sealed for field \"" + declared.field + "\"",
                seen,
                std::string("Seal it with customer_data.seal('") + declared.field +
                    (declared.row_key ? "', ..., " + std::string(declared.row_key) + "::text)." : "', ...)."));
}

// The value's bytes as of type sealed: those that stand there, or those that the text form writes.
Bytes sealed_bytes(Holds as, Datum datum, std::unique_ptr<std::uint8_t[]> &room) {
    const Bytes bytes = pg::call([datum] { return pg::bytes_arg(datum); });
    if (as == Holds::sealed) return bytes;
    const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    const std::size_t size = value_size(text);
    room = std::make_unique_for_overwrite<std::uint8_t[]>(size);
    read_text(text, room.get(), pg::interrupts);
    return {room.get(), size};
}

// As it would stand in the column.
Datum column_datum(Holds as, Datum sealed) {
    if (as == Holds::sealed) return sealed;
    const Bytes bytes = pg::bytes_of(DatumGetPointer(sealed));
    const std::size_t size = text_size(bytes.size());
    const pg::NewVarlena text = pg::call([size] { return pg::NewVarlena(size); });
    put_text(bytes, reinterpret_cast<char *>(text.content), pg::interrupts);
    return text.finish(text.content + size);
}

// A lock on the column to the end of the transaction.
void lock_column(Relation relation, AttrNumber column, LOCKMODE mode) {
    pg::call([=] {
        LOCKTAG tag;
        SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, RelationGetRelid(relation), static_cast<std::uint32_t>(column), 5);
        LockAcquire(&tag, mode, false, false);
    });
}

// While a field is rotated its values stand under two versions, which no index knows for equal. Throws 23505 if the
// other one of this value is there.
//
// Who began before the rotation writes the previous version, and looks for no other: such transactions are waited for.
// Later ones write the pinned version side by side. Whoever then still writes the previous one, having copied it, does
// so alone.
void check_unique_over_versions(const TriggerData *trigger, const Protected &declared, Column &column,
                                const Sealed &sealed) {
    Relation const relation = trigger->tg_relation;
    const keyring::Version version = sealed.header.version;
    if (version != column.versions.pinned && version != column.versions.previous) return;
    const bool is_new = version == column.versions.pinned;
    if (is_new && !column.waited) keyring::wait_for_users(declared.field, column.versions.previous);
    column.waited = is_new;
    lock_column(relation, column.number, is_new ? ShareLock : ExclusiveLock);
    const keyring::Field &field = keyring::field(declared.field);
    Plaintext plaintext(sealed.plaintext_size());
    open(field, sealed, {}, plaintext.data());
    Datum other = sealed_datum(key_of(field, 0, is_new ? column.versions.previous : column.versions.pinned), 0, {},
                               plaintext.bytes());
    other = column_datum(column.holds, other);
    HeapTuple const row = pg::call([&] {
        int number = column.number;
        bool null = false;
        return heap_modify_tuple_by_cols(pg::new_row(trigger), RelationGetDescr(relation), 1, &number, &other, &null);
    });
    HeapTuple const old = pg::old_row(trigger);
    if (pg::is_taken(relation, column.number, row, old ? &old->t_self : nullptr))
        throw Error("23505",
                    std::string("duplicate value in column \"") + declared.column + "\" of \"" + name_of(relation) +
                        "\", under another version of the key",
                    std::string("Field \"") + declared.field + "\" is being rotated from version " +
                        std::to_string(column.versions.previous) + " to version " +
                        std::to_string(column.versions.pinned) + ", and the value is there already.",
                    "Look for it with customer_data.seal_deterministic_all.");
}

} // namespace

Versions versions_now(const char *field) {
    pg::AsOwner as_owner(keyring::store_owner());
    pg::Query &query = as_owner.query;
    const pg::LatestSnapshot now;
    query.read("SELECT key_version::int4, coalesce(previous_version::int4, 0) FROM customer_store.field "
               "WHERE field::text COLLATE \"C\" = $1",
               field);
    return {static_cast<keyring::Version>(query.integer(0, 1)), static_cast<keyring::Version>(query.integer(0, 2))};
}

Protected protected_by(const Trigger &trigger) {
    if (trigger.tgnargs < 2 || trigger.tgnargs > 4)
        throw Error("39P01", "seal_protect takes two to four arguments",
                    std::string("Trigger \"") + trigger.tgname + "\" has " + std::to_string(trigger.tgnargs) + ".",
                    "They are field, column, column of the row key, column of the blind index; '' is none.");
    const auto argument = [&trigger](int i) -> const char * {
        return i < trigger.tgnargs && *trigger.tgargs[i] ? trigger.tgargs[i] : nullptr;
    };
    return {trigger.tgargs[0], trigger.tgargs[1], argument(2), argument(3)};
}

AttrNumber column_number(Relation relation, const char *name) {
    const int number = SPI_fnumber(RelationGetDescr(relation), name);
    if (number > 0) return static_cast<AttrNumber>(number);
    throw Error(sqlstate::undefined_column,
                std::string("column \"") + name + "\" of \"" + name_of(relation) + "\" does not exist",
                "A trigger with customer_data.seal_protect names it.", "Create the trigger with names of columns.");
}

AttrNumber stored_column(Relation relation, const char *name) {
    const AttrNumber column = column_number(relation, name);
    if (TupleDescAttr(RelationGetDescr(relation), column - 1)->attgenerated == '\0') return column;
    throw Error("42P10", std::string("column \"") + name + "\" of \"" + name_of(relation) + "\" is generated",
                "It is computed after triggers BEFORE, so that customer_data.seal_protect sees an older value.",
                "Name ordinary columns: bind values to what the column is computed from.");
}

Holds holds(Relation relation, AttrNumber column) {
    const FormData_pg_attribute &attribute = *TupleDescAttr(RelationGetDescr(relation), column - 1);
    struct Types {
        Oid column, sealed;
    };
    const Types types = pg::call([&attribute] {
        const Oid schema = get_namespace_oid("customer_data", false);
        return Types{getBaseType(attribute.atttypid),
                     GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, PointerGetDatum("sealed"), schema)};
    });
    if (types.column == types.sealed) return Holds::sealed;
    if (types.column == TEXTOID || types.column == VARCHAROID) return Holds::text;
    throw Error(sqlstate::datatype_mismatch,
                std::string("column \"") + NameStr(attribute.attname) + "\" of \"" + name_of(relation) +
                    "\" cannot hold sealed values",
                "A trigger with customer_data.seal_protect names it.",
                "Make it of type customer_data.sealed, or of type text for the text form.");
}

bool is_protection(const Trigger &trigger) {
    return pg::call([&trigger] {
        const char *const name = get_func_name(trigger.tgfoid);
        return name && strcmp(name, "seal_protect") == 0 &&
               get_func_namespace(trigger.tgfoid) == get_namespace_oid("customer_data", false);
    });
}

} // namespace cd::seal

using namespace cd;
using namespace cd::seal;

CD_FUNCTION(cd_seal_protect) {
    const TriggerData *const trigger = pg::before_write(fcinfo, "seal_protect");
    Relation const relation = trigger->tg_relation;
    const Protected declared = protected_by(*trigger->tg_trigger);
    Column &column = column_of(fcinfo, relation, declared);
    HeapTuple const row = pg::new_row(trigger), old = pg::old_row(trigger);
    bool null;
    const Datum datum = heap_getattr(row, column.number, RelationGetDescr(relation), &null);
    if (null) return PointerGetDatum(row);
    std::unique_ptr<std::uint8_t[]> room;
    Sealed sealed;
    try {
        sealed = Sealed::parse(sealed_bytes(column.holds, datum, room));
    } catch (const Error &) {
        refuse(relation, declared, "The value is not sealed.");
    }
    const std::uint8_t flags = sealed.header.flags;
    look_up_field(relation, declared, column);
    if (sealed.header.field != column.tag)
        refuse(relation, declared, "The value was sealed for another field or tenant.");
    if (column.row_key && !(flags & row_bound)) refuse(relation, declared, "The value is bound to no row key.");
    if (!column.row_key && flags & row_bound)
        refuse(relation, declared, "The value is bound to a row key, and the trigger names no column of it.");
    if (column.row_key && old && pg::is_same(relation, column.number, old, row) &&
        !pg::is_same(relation, column.row_key, old, row))
        refuse(relation, declared, "The row key changes, and the value is bound to the one before.");
    // Another column of the index may bring rows together too.
    if (column.versions.previous != 0 && !(flags & randomised) &&
        !(old && pg::is_same_to_indexes(relation, column.number, old, row)))
        check_unique_over_versions(trigger, declared, column, sealed);
    return PointerGetDatum(row);
}
