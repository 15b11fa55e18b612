// Tags: the set of a customer's, as a core text[] that GIN indexes. The state is the answer: sorted, no tag twice, so
// that a tag that is there already costs a comparison and no memory.
#include "pg/varlena.hpp"
#include <algorithm>
#include <span>
extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
}

namespace cd::segment {
namespace {

std::string_view view(Datum text) {
    const Bytes bytes = pg::bytes_of(DatumGetPointer(text));
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}
bool before(Datum a, Datum b) { return view(a) < view(b); }
bool same(Datum a, Datum b) { return view(a) == view(b); }

struct Tags {
    Datum *at;
    int count;
    std::span<Datum> span() const { return {at, static_cast<std::size_t>(count)}; }
};
// NULLs are left out; the elements point into the array, those of a short header too.
Tags tags_of(ArrayType *array) {
    if (ARR_NDIM(array) > 1)
        throw Error("2202E", "tags must be an array of one dimension",
                    "It has " + std::to_string(ARR_NDIM(array)) + " dimensions.");
    Tags tags{};
    bool *nulls;
    deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &tags.at, &nulls, &tags.count);
    int kept = 0;
    for (int i = 0; i < tags.count; ++i)
        if (!nulls[i]) tags.at[kept++] = tags.at[i];
    tags.count = kept;
    return tags;
}
ArrayType *array_arg(FunctionCallInfo fcinfo, int i) { return DatumGetArrayTypeP(fcinfo->args[i].value); }

Datum array_of(std::span<Datum> tags) {
    return PointerGetDatum(
        construct_array(tags.data(), static_cast<int>(tags.size()), TEXTOID, -1, false, TYPALIGN_INT));
}

// The union of a set with tags in any order. The set itself if they are all in it.
Datum with(FunctionCallInfo fcinfo, Tags added) {
    std::sort(added.at, added.at + added.count, before);
    ArrayType *const state = fcinfo->args[0].isnull ? nullptr : array_arg(fcinfo, 0);
    const Tags set = state ? tags_of(state) : Tags{};
    if (state && std::includes(set.at, set.at + set.count, added.at, added.at + added.count, before))
        return PointerGetDatum(state);
    auto *const all =
        static_cast<Datum *>(palloc((static_cast<std::size_t>(set.count + added.count) + 1) * sizeof(Datum)));
    Datum *end = std::merge(set.at, set.at + set.count, added.at, added.at + added.count, all, before);
    end = std::unique(all, end, same);
    return array_of({all, end});
}

} // namespace
} // namespace cd::segment

using namespace cd;
using namespace cd::segment;

CD_FUNCTION(cd_tag_add) {
    if (fcinfo->args[1].isnull) return with(fcinfo, {});
    Datum tag = PointerGetDatum(PG_DETOAST_DATUM_PACKED(fcinfo->args[1].value));
    return with(fcinfo, {&tag, 1});
}

CD_FUNCTION(cd_tag_union) {
    if (fcinfo->args[1].isnull) return with(fcinfo, {});
    return with(fcinfo, tags_of(array_arg(fcinfo, 1)));
}
