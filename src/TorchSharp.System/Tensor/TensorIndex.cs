using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>One index of <c>t[...]</c>: a number, a slice, a mask or tensor of indices, a new dimension, or the ellipsis.</summary>
    public readonly struct TensorIndex
    {
        private readonly long? start;
        private readonly long? stop;
        private readonly long? step;
        private readonly Kind kind;
        private readonly Tensor? tensor;

        private enum Kind { None, Ellipsis, Single, Bool, Slice, Tensor }

        private TensorIndex(Kind kind, long? start = null, long? stop = null, long? step = null, Tensor? tensor = null)
        {
            this.kind = kind;
            this.start = start;
            this.stop = stop;
            this.step = step;
            this.tensor = tensor;
        }

        /// <summary>The whole dimension, <c>:</c>.</summary>
        public static readonly TensorIndex Colon = new(Kind.Slice);

        /// <summary>All dimensions not named otherwise, <c>...</c>.</summary>
        public static readonly TensorIndex Ellipsis = new(Kind.Ellipsis);

        /// <summary>A new dimension of extent 1.</summary>
        public static readonly TensorIndex None = new(Kind.None);

        /// <summary>A new dimension of extent 1.</summary>
        public static readonly TensorIndex Null = new(Kind.None);

        /// <summary><c>start:stop:step</c>, each optional.</summary>
        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) => new(Kind.Slice, start, stop, step);

        /// <summary><c>start:stop</c>, each optional.</summary>
        public static TensorIndex Slice((int?, int?) range) => Slice(range.Item1, range.Item2);

        /// <summary>A range of C#.</summary>
        public static TensorIndex Slice(Range range) => Slice(
            range.Start.IsFromEnd ? -range.Start.Value : range.Start.Value,
            !range.End.IsFromEnd ? range.End.Value : range.End.Value == 0 ? null : -range.End.Value);

        /// <summary>A new dimension of extent 1 (true) or 0 (false).</summary>
        public static TensorIndex Bool(bool value) => new(Kind.Bool, value ? 1 : 0);

        /// <summary>One index, counted from the end where negative; null is a new dimension.</summary>
        public static TensorIndex Single(long? index) => index is null ? None : new(Kind.Single, index);

        /// <summary>A mask or a tensor of indices.</summary>
        public static TensorIndex Tensor(Tensor tensor) => new(Kind.Tensor, tensor: tensor);

        /// <summary>One index.</summary>
        public static implicit operator TensorIndex(long value) => Single(value);

        /// <summary>One index of C#, from the start or the end.</summary>
        public static implicit operator TensorIndex(Index index) => Single(index.IsFromEnd ? -index.Value : index.Value);

        /// <summary>A range of C#.</summary>
        public static implicit operator TensorIndex(Range range) => Slice(range);

        /// <summary><c>start:stop</c>, each optional.</summary>
        public static implicit operator TensorIndex((int?, int?) range) => Slice(range);

        internal Arg ToArg() => kind switch
        {
            Kind.Ellipsis => Arg.Ellipsis,
            Kind.Single => start!.Value,
            Kind.Bool => start == 1,
            Kind.Slice => Arg.Slice(start, stop, step),
            Kind.Tensor => tensor,
            _ => Arg.None,
        };
    }
}
