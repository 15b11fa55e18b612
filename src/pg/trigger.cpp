#include "pg/trigger.hpp"
extern "C" {
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/index.h"
#include "catalog/pg_index.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/relcache.h"
#include "utils/syscache.h"
}

namespace cd::pg {
namespace {

// Whether an expression among the keys of an index uses a column, or the whole row.
bool is_in_expressions(Oid id, AttrNumber column) {
    Relation const index = index_open(id, AccessShareLock);
    Bitmapset *used = nullptr;
    pull_varattnos(reinterpret_cast<Node *>(RelationGetIndexExpressions(index)), 1, &used);
    index_close(index, AccessShareLock);
    return bms_is_member(column - FirstLowInvalidHeapAttributeNumber, used) ||
           bms_is_member(-FirstLowInvalidHeapAttributeNumber, used);
}

// Unique indexes on the column, or on what is computed from it, of which none is deferred.
List *unique_indexes(Relation relation, AttrNumber column) {
    List *found = NIL;
    List *const all = RelationGetIndexList(relation);
    ListCell *cell;
    foreach (cell, all) {
        HeapTuple const tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));
        if (!HeapTupleIsValid(tuple)) continue;
        const auto *const index = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
        bool has = false, computes = false;
        for (int i = 0; i < index->indnkeyatts; ++i) {
            has |= index->indkey.values[i] == column;
            computes |= index->indkey.values[i] == 0;
        }
        if (index->indisunique && index->indimmediate && index->indisready &&
            (has || (computes && is_in_expressions(lfirst_oid(cell), column))))
            found = lappend_oid(found, lfirst_oid(cell));
        ReleaseSysCache(tuple);
    }
    list_free(all);
    return found;
}

// All columns that an index looks at. Of the table, offset as in Bitmapsets of columns.
Bitmapset *columns_of(Oid id) {
    Relation const index = index_open(id, AccessShareLock);
    const IndexInfo *const info = BuildIndexInfo(index);
    Bitmapset *columns = nullptr;
    for (int i = 0; i < info->ii_NumIndexKeyAttrs; ++i)
        if (info->ii_IndexAttrNumbers[i] != 0) // else an expression, whose columns follow
            columns = bms_add_member(columns, info->ii_IndexAttrNumbers[i] - FirstLowInvalidHeapAttributeNumber);
    pull_varattnos(reinterpret_cast<Node *>(info->ii_Expressions), 1, &columns);
    pull_varattnos(reinterpret_cast<Node *>(info->ii_Predicate), 1, &columns);
    index_close(index, AccessShareLock);
    return columns;
}

bool same(Relation relation, AttrNumber column, HeapTuple one, HeapTuple other) {
    if (column <= 0) return false; // the whole row
    TupleDesc const row = RelationGetDescr(relation);
    bool one_null, other_null;
    const Datum a = heap_getattr(one, column, row, &one_null), b = heap_getattr(other, column, row, &other_null);
    if (one_null || other_null) return one_null == other_null;
    const FormData_pg_attribute &attribute = *TupleDescAttr(row, column - 1);
    return datum_image_eq(a, b, attribute.attbyval, attribute.attlen);
}

} // namespace

bool is_same(Relation relation, AttrNumber column, HeapTuple one, HeapTuple other) {
    return call([&] { return same(relation, column, one, other); });
}

bool is_same_to_indexes(Relation relation, AttrNumber column, HeapTuple one, HeapTuple other) {
    return call([&] {
        bool result = true;
        List *const indexes = unique_indexes(relation, column);
        for (int i = 0; i < list_length(indexes); ++i) {
            const Bitmapset *const columns = columns_of(list_nth_oid(indexes, i));
            for (int at = -1; result && (at = bms_next_member(columns, at)) >= 0;)
                result = same(relation, static_cast<AttrNumber>(at + FirstLowInvalidHeapAttributeNumber), one, other);
        }
        return result;
    });
}

bool is_unique(Relation relation, AttrNumber column) {
    return call([relation, column] { return unique_indexes(relation, column) != NIL; });
}

bool is_taken(Relation relation, AttrNumber column, HeapTuple row, const ItemPointerData *own) {
    return call([&] {
        List *const indexes = unique_indexes(relation, column);
        if (indexes == NIL) return false;
        EState *const state = CreateExecutorState();
        auto *const target = makeNode(ResultRelInfo);
        InitResultRelInfo(target, relation, 0, nullptr, 0);
        ExecOpenIndices(target, true);
        TupleTableSlot *const slot = MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsHeapTuple);
        ExecStoreHeapTuple(row, slot, false);
        slot->tts_tableOid = RelationGetRelid(relation);
        bool taken = false;
        // One index at a time: in each of them the row's own entry is no obstacle.
        ListCell *cell;
        foreach (cell, indexes) {
            List *const index = list_make1_oid(lfirst_oid(cell));
            ItemPointerData other;
#if PG_VERSION_NUM >= 180000
            ItemPointerData self;
            ItemPointerSetInvalid(&self);
            if (own) self = *own;
            taken |= !ExecCheckIndexConstraints(target, slot, state, &other, &self, index);
#else
            if (!ExecCheckIndexConstraints(target, slot, state, &other, index))
                taken |= !own || !ItemPointerEquals(&other, const_cast<ItemPointer>(own));
#endif
        }
        ExecDropSingleTupleTableSlot(slot);
        ExecCloseIndices(target);
        FreeExecutorState(state);
        return taken;
    });
}

} // namespace cd::pg
