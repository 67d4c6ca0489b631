using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            // native/kernels/attention.cpp: memory linear in the sequence length. libtorch 1.13 has no fused attention.
            private static readonly Op fusedAttention = new("sam2torch::scaled_dot_product_attention");

            // native/kernels/attention_training.cpp: the same with dropout and gradients.
            private static readonly Op attentionInTraining = new("sam2torch::attention_in_training");

            /// <summary>
            /// See torch.nn.functional.scaled_dot_product_attention: softmax(query·keyᵀ / √d + mask)·value.
            /// </summary>
            /// <param name="query">[..., L, d].</param>
            /// <param name="key">[..., S, d].</param>
            /// <param name="value">[..., S, v].</param>
            /// <param name="attn_mask">[..., L, S]: booleans (false hides a key), or numbers that are added.</param>
            /// <param name="p">The probability of dropping an attention weight.</param>
            /// <param name="is_casual">Whether keys after the query are hidden.</param>
            /// <remarks>
            /// The [L, S] weights are kept only with a mask, or where gradients or dropout are wanted of other than float32
            /// tensors on the CPU.
            /// </remarks>
            public static Tensor scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0, bool is_casual = false)
            {
                if (is_casual && attn_mask is not null) throw new ArgumentException("A mask can't be given where is_casual is true.", nameof(attn_mask));
                bool unmasked = attn_mask is null && !is_casual;
                if (unmasked && p == 0 && fusedAttention.Exists && !NeedsGradients(query, key, value)) return fusedAttention.Call(query, key, value);
                if (unmasked && p < 1 && attentionInTraining.Exists && IsFloatOnCpu(query, key, value)) return attentionInTraining.Call(query, key, value, p);

                using DisposeScope scope = NewDisposeScope();
                Tensor scores = (query / Math.Sqrt(query.size(-1))).matmul(key.transpose(-2, -1));
                if (is_casual) attn_mask = ones([query.size(-2), key.size(-2)], ScalarType.Bool, query.device).tril();
                if (attn_mask is not null)
                    scores = attn_mask.dtype == ScalarType.Bool ? scores.masked_fill(attn_mask.logical_not(), double.NegativeInfinity) : scores + attn_mask;
                Tensor weights = scores.softmax(-1);
                if (p > 0) weights = dropout(weights, p);
                return weights.matmul(value).MoveToOuterDisposeScope();
            }

            private static bool IsFloatOnCpu(params ReadOnlySpan<Tensor> tensors)
            {
                foreach (Tensor tensor in tensors)
                    if (tensor.dtype != ScalarType.Float32 || tensor.device_type != DeviceType.CPU || tensor.dim() < 2 || tensor.NumberOfElements == 0) return false;
                return true;
            }

            private static bool NeedsGradients(Tensor query, Tensor key, Tensor value) =>
                is_grad_enabled() && (query.requires_grad || key.requires_grad || value.requires_grad);
        }
    }
}
