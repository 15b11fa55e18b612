// Backend memory for containers: counted by the backend, and freed with its context, without destructors.
#pragma once
#include "pg/bridge.hpp"
#include <cstdint>
#include <memory_resource>
#include <sys/mman.h>

namespace cd::pg {

class ContextMemory final : public std::pmr::memory_resource {
  public:
    explicit ContextMemory(MemoryContext context) : context_(context) {}

  private:
    void *do_allocate(std::size_t bytes, std::size_t alignment) override {
        // palloc aligns to 8; and it would raise, not return NULL, at an impossible size.
        if (alignment > MAXIMUM_ALIGNOF || !AllocHugeSizeIsValid(bytes)) throw std::bad_alloc();
        void *const p = MemoryContextAllocExtended(context_, bytes, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
        if (!p) throw std::bad_alloc();
        if (bytes >= huge_page) advise_huge_pages(p, bytes);
        return p;
    }
    void do_deallocate(void *p, std::size_t, std::size_t) override { pfree(p); }
    bool do_is_equal(const memory_resource &other) const noexcept override { return this == &other; }

    // Large tables are read at random, and a miss in the TLB costs as much as one in the cache. Only advice.
    static constexpr std::size_t huge_page = std::size_t{2} << 20;
    static void advise_huge_pages([[maybe_unused]] void *p, [[maybe_unused]] std::size_t bytes) {
#ifdef MADV_HUGEPAGE
        const auto begin = (reinterpret_cast<std::uintptr_t>(p) + huge_page - 1) & ~(huge_page - 1);
        const auto end = (reinterpret_cast<std::uintptr_t>(p) + bytes) & ~(huge_page - 1);
        if (begin < end) madvise(reinterpret_cast<void *>(begin), end - begin, MADV_HUGEPAGE);
#endif
    }

    MemoryContext context_;
};

} // namespace cd::pg
