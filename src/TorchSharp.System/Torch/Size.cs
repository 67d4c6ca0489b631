using System.Collections;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The extents of a tensor's dimensions.</summary>
    public readonly struct Size : IEnumerable<long>
    {
        private readonly long[] extents;

        /// <summary>No dimensions.</summary>
        public static Size Empty = new(Array.Empty<long>());

        /// <summary>The given extents.</summary>
        public Size(long[] shape) => extents = shape;

        /// <summary>The given extents.</summary>
        public Size(IEnumerable<long> shape) => extents = shape.ToArray();

        /// <summary>The given extents.</summary>
        public Size(int[] shape) => extents = Array.ConvertAll(shape, extent => (long)extent);

        /// <summary>One dimension.</summary>
        public Size(long size) => extents = [size];

        /// <summary>The extents.</summary>
        public long[] Shape => extents;

        /// <summary>The number of dimensions.</summary>
        public int Length => extents.Length;

        /// <summary>Whether there are no dimensions.</summary>
        public bool IsEmpty => extents.Length == 0;

        /// <summary>Whether there are no dimensions.</summary>
        public bool IsScalar => extents.Length == 0;

        /// <summary>The extent of a dimension; negative ones count from the end.</summary>
        public long this[int idx] => extents[idx < 0 ? extents.Length + idx : idx];

        /// <summary>The extent of a dimension; negative ones count from the end.</summary>
        public long this[long idx] => this[(int)idx];

        /// <summary>The number of elements.</summary>
        public long numel() => extents.Aggregate(1L, (product, extent) => product * extent);

        /// <summary>The extents, in order.</summary>
        public IEnumerator<long> GetEnumerator() => ((IEnumerable<long>)extents).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is Size other && this == other;

        /// <inheritdoc/>
        public override int GetHashCode() => extents.Aggregate(0, HashCode.Combine);

        /// <summary>Whether the extents are the same.</summary>
        public static bool operator ==(Size left, Size right) => left.extents.AsSpan().SequenceEqual(right.extents);

        /// <summary>Whether the extents differ.</summary>
        public static bool operator !=(Size left, Size right) => !(left == right);

        /// <summary>The given extents.</summary>
        public static implicit operator Size(long[] size) => new(size);

        /// <summary>One dimension.</summary>
        public static implicit operator Size(long size) => new(size);
    }
}
