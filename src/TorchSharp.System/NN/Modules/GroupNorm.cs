using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>Normalises groups of channels to mean 0 and variance 1, then scales and shifts each channel.</summary>
    public sealed class GroupNorm : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "weight")] private Parameter? _weight;
        [ComponentName(Name = "bias")] private Parameter? _bias;

        internal GroupNorm(long groups, long channels, double eps, bool affine, Device? device, ScalarType? dtype) : base(nameof(GroupNorm))
        {
            num_groups = groups;
            this.eps = eps;
            this.affine = affine;
            if (!affine) return;
            weight = ones(channels, dtype, device).AsParameter();
            bias = zeros(channels, dtype, device).AsParameter();
        }

        /// <summary>How many groups there are.</summary>
        public long num_groups { get; set; }

        /// <summary>Added to the variance.</summary>
        public double eps { get; set; }

        /// <summary>Whether there are weights.</summary>
        public bool affine { get; set; }

        /// <summary>The scale; null where there is none.</summary>
        public Parameter weight
        {
            get => _weight!;
            set => ReplaceComponent("weight", ref _weight, value);
        }

        /// <summary>The shift; null where there is none.</summary>
        public Parameter? bias
        {
            get => _bias;
            set => ReplaceComponent("bias", ref _bias, value);
        }

        /// <inheritdoc/>
        public override Tensor forward(Tensor tensor) => nn.functional.group_norm(tensor, num_groups, _weight, _bias, eps);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Normalises groups of channels.</summary>
            public static Modules.GroupNorm GroupNorm(long num_groups, long num_channels, double eps = 1e-05, bool affine = true, Device? device = null, ScalarType? dtype = null) =>
                new(num_groups, num_channels, eps, affine, device, dtype);
        }
    }
}
