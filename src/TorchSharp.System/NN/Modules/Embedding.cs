using TorchSharp.Interop;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>Rows of a table by index: [...] to [..., embedding_dims].</summary>
    public sealed class Embedding : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "weight")] private Parameter _weight = null!;
        private readonly long padding;
        private readonly bool scaleByFrequency;
        private readonly bool sparse;

        internal Embedding(Parameter weight, long? padding, bool scaleByFrequency, bool sparse) : base(nameof(Embedding))
        {
            this.padding = padding ?? -1;
            this.scaleByFrequency = scaleByFrequency;
            this.sparse = sparse;
            this.weight = weight;
        }

        /// <summary>[num_embeddings, embedding_dims].</summary>
        public Parameter weight
        {
            get => _weight;
            set => ReplaceComponent("weight", ref _weight!, value);
        }

        /// <inheritdoc/>
        public override Tensor forward(Tensor input) => Aten.embedding.Call(_weight, input, padding, scaleByFrequency, sparse);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>A table of normal random rows.</summary>
            public static Modules.Embedding Embedding(long num_embeddings, long embedding_dims, long? padding_idx = null, double? max_norm = null, double norm_type = 2, bool scale_grad_by_freq = false, bool sparse = false, Device? device = null, ScalarType? dtype = null)
            {
                if (max_norm is not null) throw new NotSupportedException("Embedding with max_norm is not supported.");
                Modules.Parameter weight = randn(num_embeddings, embedding_dims, dtype, device).AsParameter();
                if (padding_idx is { } row)
                {
                    using IDisposable mode = no_grad();
                    using Tensor padding = weight[row];
                    padding.zero_();
                }
                return new Modules.Embedding(weight, padding_idx, scale_grad_by_freq, sparse);
            }
        }
    }
}
